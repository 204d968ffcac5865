int ec_linux_placeholder(void) { return 0; }
