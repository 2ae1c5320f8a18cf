internal import Query

/// A command that was called the wrong way: exit status 2.
package struct UsageError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A command that could not do its work: exit status 1, with nothing more to say than this.
package struct CommandError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// The options and operands of one command, in getopt_long's manner: `--name value`, `--name=value`, `--` before operands.
package struct Arguments {
    package struct Option: Sendable {
        package let name: String
        /// Shown in the help; nil for an option without a value.
        package let value: String?
        package let help: String

        package init(_ name: String, _ value: String? = nil, _ help: String) {
            (self.name, self.value, self.help) = (name, value, help)
        }
    }

    package private(set) var operands: [String] = []
    private var values: [(name: String, value: String)] = []
    package private(set) var wantsHelp = false

    /// What `Option.value` says of an option that names a place.
    private static let places: Set<String> = ["DIR", "FILE", "URL"]

    package init(_ arguments: [String], options: [Option]) throws {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            }
            if argument == "--help" || argument == "-h" {
                wantsHelp = true
                continue
            }
            // A lone - is standard input.
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard argument.hasPrefix("--"), let option = options.first(where: { "--" + $0.name == parts[0] }) else {
                let near = NameSuggestion.closest(to: String(parts[0].drop { $0 == "-" }), among: options.map(\.name)).map { "; did you mean --\($0)?" }
                throw UsageError("unknown option \(parts[0])\(near ?? "")")
            }
            if option.value == nil {
                if parts.count > 1 { throw UsageError("\(parts[0]) takes no value") }
                values.append((option.name, ""))
            } else if parts.count > 1 {
                values.append((option.name, String(parts[1])))
            } else if let value = rest.popFirst() {
                values.append((option.name, value))
            } else {
                throw UsageError("\(parts[0]) wants a value")
            }
        }
        // As a script's unset variable gives: in a path it would name another call.
        if operands.contains(where: \.isEmpty) { throw UsageError("an argument is empty") }
        // And of a directory the one at hand.
        for (name, value) in values where value.isEmpty {
            guard let place = options.first(where: { $0.name == name })?.value, Self.places.contains(place) else { continue }
            throw UsageError("--\(name) is empty")
        }
    }

    package func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }
    package func has(_ name: String) -> Bool { values.contains { $0.name == name } }

    package func one(_ name: String) throws -> String? {
        let all = all(name)
        if all.count > 1 { throw UsageError("--\(name) is given more than once") }
        return all.first
    }

    package func required(_ name: String) throws -> String {
        guard let value = try one(name), !value.isEmpty else { throw UsageError("--\(name) is wanted") }
        return value
    }

    /// A number of things, from 1 on.
    package func count(_ name: String) throws -> Int? {
        guard let text = try one(name) else { return nil }
        guard let count = Int(text), count > 0 else { throw UsageError("--\(name) wants a number above 0, not \(text)") }
        return count
    }

    /// A number of which 0 is one, too, as of seconds.
    package func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = try one(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("--\(name) wants a number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    package func operand(_ what: String) throws -> String {
        guard operands.count == 1 else { throw UsageError(operands.isEmpty ? "\(what) is wanted" : "\(what) is wanted, and no more: unexpected argument \(operands[1])") }
        return operands[0]
    }

    package func noOperands() throws {
        if let first = operands.first { throw UsageError("unexpected argument \(first)") }
    }
}
