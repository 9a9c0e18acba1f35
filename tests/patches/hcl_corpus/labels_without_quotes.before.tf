resource thing phi {
  a = false
}
