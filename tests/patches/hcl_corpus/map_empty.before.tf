resource "thing" "phi" {
  tags = {}
}
