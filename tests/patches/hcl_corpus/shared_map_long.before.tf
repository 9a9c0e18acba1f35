resource "thing" "phi" {
  tags = var.tags
}
