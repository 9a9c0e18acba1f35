resource "thing" "phi" {
  /*
  a = true
  */
  a = true
}
