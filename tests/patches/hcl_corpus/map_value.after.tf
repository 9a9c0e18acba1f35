resource "thing" "phi" {
  tags = { a = "1", b = var.b }
}
