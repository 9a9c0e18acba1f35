resource "thing" "phi" {
  tags = { b = "x", c = local.c, a = "1" }
}
