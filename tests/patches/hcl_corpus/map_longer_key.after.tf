resource "thing" "phi" {
  tags = {
    b = "x"

    longer = "1"
  }
}
