resource "thing" "phi" {
  l = ["x", "y", "z"]
}
