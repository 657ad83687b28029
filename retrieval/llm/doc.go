// Package llm answers with a language model, and believes nothing of it.
//
//	passages → prompt → model → statements with the words they rest on → exact quotes
//
// A [Model] is reached through langchaingo, behind one guarded round trip that
// mends what its clients lose: refusals keep their status, a reply that was cut
// off is an error, vectors come in the order of their texts. A [Writer] gives it
// numbered passages as data, reads its statements as they arrive and finds the
// words each names in the passages to the code point; a statement that does not
// stand up gets one chance to be mended. What it may cost is bounded by a
// [Budget], and a model that keeps failing is left alone for a while.
package llm
