resource "thing" "phi" {
  a=false
  b=1
}
