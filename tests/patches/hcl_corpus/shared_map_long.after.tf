resource "thing" "phi" {
  tags = merge(var.tags, {
    "data-classification" = "protected health information"
    phi                   = "true"
  })
}
