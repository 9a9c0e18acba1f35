resource "thing" "phi" {
  a = 1

  c = 3
}
