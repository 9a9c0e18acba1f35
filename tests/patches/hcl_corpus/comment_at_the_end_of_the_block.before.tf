resource "thing" "phi" {
  b = 1
  # the end
}
