resource "thing" "phi" {
  a = 1

  b = 2 # why
  c = 3
}
