resource "thing" "phi" {
  name = "x"
  tags = local.tags # ours
}
