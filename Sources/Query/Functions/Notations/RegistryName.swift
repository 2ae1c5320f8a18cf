import ColumnStore

/// A name of a registry as the number of what has it: `'receipts'::regclass`, of constants and of what rows say alike.
///
/// PostgreSQL 15's documentation, section 8.19: digits are the number itself, and a dash is none.
struct RegistryName: Sendable {
    let registry: String
    let dialect: any CatalogDialect
    /// PostgreSQL has a cast of its own from TEXT to regclass, which takes names and no numbers; all others read the text as a constant's.
    var isNameAlone = false

    /// Of a look-up: about a walk over all types or functions.
    fileprivate static let stepCount = 1 << 14

    enum Fault: Error {
        case missing, outOfRange, tooManyMarks, unreadable, otherDatabase
        case noSchema(String)
        /// What the catalog failed with.
        case failed(QueryError)
    }

    /// - Throws: why nothing is named so.
    func number(of text: String) throws(Fault) -> Int64 {
        guard !CombiningMarks.hasLongRun(text) else { throw .tooManyMarks }
        if !isNameAlone {
            if text == "-" { return 0 }
            if !text.isEmpty, text.utf8.allSatisfy(DateTimeTokens.isDigit) {
                guard let number = UInt32(text) else { throw .outOfRange }
                return Int64(number)
            }
        }
        let name = String(decoding: ValueText.trimmed(Array(text.utf8)[...]), as: UTF8.self)
        if let number = try object(name, registry) { return number }
        // Those of the others are no members of schemas.
        guard !["regnamespace", "regrole", "regcollation"].contains(registry) else { throw .missing }
        var parts = name.contains("\"") ? [] : name.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        if parts.count == 3 {
            guard parts[0].lowercased() == dialect.databaseName else { throw .otherDatabase }
            parts.removeFirst()
        }
        guard parts.count == 2, try object(parts[0].lowercased(), "regnamespace") == nil else { throw .missing }
        throw .noSchema(parts[0])
    }

    private func object(_ name: String, _ registry: String) throws(Fault) -> Int64? {
        do {
            return try dialect.object(named: name, in: registry)
        } catch let error as QueryError {
            throw .failed(error)
        } catch {
            throw .unreadable
        }
    }

    /// What doors make a code of; nil where the kind of error says it.
    func cause(_ fault: Fault) -> QueryError.Cause? {
        switch fault {
        case .outOfRange, .tooManyMarks, .unreadable, .failed: return nil
        case .otherDatabase: return .notSupported
        case .noSchema: return .undefinedSchema
        case .missing: break
        }
        switch registry {
        case "regproc", "regprocedure", "regoper", "regoperator": return .undefinedFunction
        case "regtype": return .undefinedType
        case "regnamespace": return .undefinedSchema
        case "regrole", "regcollation": return .undefinedObject
        default: return .undefinedTable
        }
    }

    /// - Parameter name: of a constant; nil of what a row says, which no message tells.
    func reason(_ fault: Fault, _ name: String?) -> String {
        switch fault {
        case .missing: name.map { "there is no “\($0)” among what \(registry) names" } ?? "there is nothing of that name among what \(registry) names"
        case .outOfRange: "the number is out of the range of \(registry)"
        case .tooManyMarks: "a name has more than \(CombiningMarks.runMax) combining marks in a row"
        case .unreadable: name.map { "“\($0)” cannot be looked up" } ?? "a name cannot be looked up"
        case .otherDatabase: "names have no other database before their schema here"
        case .failed(let error): error.detail
        case .noSchema(let schema): name == nil ? "there is no such schema" : "there is no schema “\(schema)”"
        }
    }
}

extension ScalarFunction {
    /// A text of the rows as such a number. Made for one binder, which asks for each once: two of them are never the same.
    static func registered(_ name: RegistryName) -> ScalarFunction {
        ScalarFunction(
            name.isNameAlone ? "\(name.registry) of text" : name.registry, nulls: .strict, cost: .heavy, failure: .possible, readsConstantsOnce: true,
            kernel: .plain { (call) throws(KernelError) in
                try call.eachText(0) { (text, rows) throws(KernelError) in
                    try rows.meter.step(RegistryName.stepCount)
                    let number: Int64
                    do throws(RegistryName.Fault) {
                        // No name is that long: anybody's texts are.
                        number = try name.number(of: String(decoding: text.prefix(16 << 10), as: UTF8.self))
                    } catch {
                        if case .outOfRange = error { throw .numericOverflow }
                        if case .failed(let error) = error { throw .interrupted(error) }
                        let reason = name.reason(error, nil)
                        throw name.cause(error).map { KernelError.outside($0, reason) } ?? KernelError.invalidArgument(reason)
                    }
                    return .constant(.integer(number), type: rows.type, count: rows.count)
                }
            })
    }
}
