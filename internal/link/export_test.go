package link

// Read reads what a right signature stands behind.
var Read = read
