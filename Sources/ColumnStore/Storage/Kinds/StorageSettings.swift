/// A setting that a kind of storage reads: `region` is `storage.region` in the file, and `TILL_STORAGE_REGION` in the environment.
///
/// Two kinds may read the same one, in the same form.
package struct StorageSetting: Sendable, Equatable {
    package enum Form: Sendable, Equatable {
        case text
        /// `http` or `https`, with a host.
        case url
        case flag
        /// An object of texts: those that are wanted all, and those that may be missing.
        case members(_ wanted: [String], _ further: [String])
    }

    package let name: String
    package let form: Form

    package init(_ name: String, _ form: Form) { (self.name, self.form) = (name, form) }
}

/// What the settings say of places beside their URLs, by the names that kinds give them: `region`, and `credentials.access_key_id` for a member of an object.
package struct StorageSettings: Sendable, Equatable {
    private var values: [String: String] = [:]

    package init() {}

    /// What is set of one place alone: that it lies in another region than the others.
    package static let regionOfPlace = "region of the place"

    /// nil for what is not set.
    package subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// A setting that is true or false, and false where it is not set.
    package func flag(_ name: String) -> Bool { values[name] == "true" }
}

/// Without the values, for the same reason.
extension StorageSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "settings of \(values.keys.sorted().joined(separator: ", "))" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
