resource "thing" "phi" {
  tags = merge(local.tags, { b = "x" })
}
