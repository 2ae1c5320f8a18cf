/// A setting that is not there, or cannot be that.
package struct SettingError: Error, Equatable, CustomStringConvertible {
    /// As in the file, with dots: `limits.query_time`.
    package let key: String
    package let message: String
    /// The file or the variable that it stands in.
    package var source: String?

    package var description: String { (source.map { "\($0): " } ?? "") + "\(key): \(message)" }
}

/// All that is wrong with a configuration, to be mended at once.
package struct SettingErrors: Error, CustomStringConvertible {
    package let errors: [SettingError]
    package init(_ errors: [SettingError]) { self.errors = errors }

    package var description: String { errors.map(\.description).joined(separator: "\n") }
}
