extern "C" int ec_toml_placeholder(void) { return 0; }
