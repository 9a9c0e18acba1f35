resource "thing" "phi" {
  s = "a\"b\\"
}
