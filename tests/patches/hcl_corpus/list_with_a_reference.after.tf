resource "thing" "phi" {
  l = [local.x, "y", "z"]
}
