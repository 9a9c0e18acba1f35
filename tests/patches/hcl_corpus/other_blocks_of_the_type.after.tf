resource "thing" "other" {
  a = false
}
resource "thing" "phi" {
  a = true
}
