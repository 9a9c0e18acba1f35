resource "thing" "phi" {
  tags = {
    "x:y" = "2"
  }
}
