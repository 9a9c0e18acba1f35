resource "thing" "phi" {
  name = "x"
  tags = merge(local.tags, { "hipaa:phi" = "true" }) # ours
}
