package inbox

// Quota is quota, for its test.
var Quota = quota
