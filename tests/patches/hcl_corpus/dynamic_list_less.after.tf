resource "thing" "phi" {
  dynamic "ingress" {
    for_each = [
      { port = 443, cidr = "0.0.0.0/0" },
    ]
    content {
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      cidr_blocks = [ingress.value.cidr]
    }
  }
}
