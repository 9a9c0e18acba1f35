resource "thing" "phi" {
  tags = { a = "0", b = var.b }
}
