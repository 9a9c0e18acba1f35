resource "thing" "phi" {
  b = "${var.m["a = false"]}"
  a = true
}
