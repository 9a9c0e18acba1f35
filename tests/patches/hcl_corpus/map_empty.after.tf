resource "thing" "phi" {
  tags = {
    a = "1"
  }
}
