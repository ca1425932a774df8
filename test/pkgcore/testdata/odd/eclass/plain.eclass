plain() { :; }
