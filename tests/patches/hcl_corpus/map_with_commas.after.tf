resource "thing" "phi" {
  tags = {
    b = "x",
    c = "y",
    a = "1",
  }
}
