resource "thing" "phi" {
  a = true /* cost */
}
