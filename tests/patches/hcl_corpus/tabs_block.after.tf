resource "thing" "phi" {
	b = 1

	c {
		d = 2
	}
}
