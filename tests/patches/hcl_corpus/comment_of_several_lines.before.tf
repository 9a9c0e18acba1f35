resource "thing" "phi" {
  /*
  a = true
  */
  a = false
}
