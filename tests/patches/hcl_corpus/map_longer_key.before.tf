resource "thing" "phi" {
  tags = {
    b = "x"
  }
}
