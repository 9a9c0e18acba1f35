resource "thing" "phi" {
  tags = merge(var.tags, { Name = "x", phi = "true" })
}
