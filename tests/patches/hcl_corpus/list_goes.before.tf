resource "thing" "phi" {
  a = 1
  list = [
    "x",
    "y",
  ]
}
