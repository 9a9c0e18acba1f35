resource "thing" "phi" {
  a=true
  b=1
}
