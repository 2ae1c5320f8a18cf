/// One reason that a type file is no good; its place is added by the caller that knows it.
package struct TypeFileFault: Error, Equatable, Sendable {
    package let code: String
    package let message: String
    package init(_ message: String, code: String = "invalid-value") {
        self.code = code
        self.message = message
    }
}

/// All that is wrong with a type file, each reason with its pointer into the file.
package struct TypeFileError: Error, Sendable {
    package let reasons: [Fault.Violation]
    /// At most as many are reported of one reading: a file of a million faults has a million pointers and messages, and nobody reads them.
    static let reasonCountMax = 1_000

    package init(reasons: [Fault.Violation]) { self.reasons = reasons }
}
