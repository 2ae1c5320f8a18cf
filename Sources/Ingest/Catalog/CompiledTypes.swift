internal import Documents

/// The built-in types, compiled once in a process: that is most of what the opening of an empty store takes.
package enum CompiledTypes {
    private static let builtIn: [String: (json: [UInt8], type: DocumentType)] = {
        var types: [String: (json: [UInt8], type: DocumentType)] = [:]
        for file in BuiltInTypes.files {
            let json = Array(file.json.utf8)
            // One that cannot be compiled is reported by the call that needs it.
            if let type = try? DocumentType(json: json) { types[file.name] = (json, type) }
        }
        return types
    }()

    /// Compiles the built-in types now, so that nobody waits for them later.
    package static func prepare() { _ = builtIn.count }

    /// A type of its file; of a built-in one's that which is compiled already.
    ///
    /// - Parameter isKept: it was taken before.
    static func type(_ name: String, json: [UInt8], isKept: Bool = false) throws(TypeFileError) -> DocumentType {
        if let known = builtIn[name], known.json == json { return known.type }
        return isKept ? try DocumentType(kept: json) : try DocumentType(json: json)
    }
}
