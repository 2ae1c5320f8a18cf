/// A Swift source with what it declares, read from its tokens alone.
struct SourceFile {
    /// A name that a file gives to something that others may name.
    struct Declaration {
        enum Kind { case type, function, variable }
        /// What it stands in: nothing, a type's own braces, or an extension of a type.
        enum Scope: Equatable { case file, type(String), `extension`(String) }

        var name: String
        var kind: Kind
        var scope: Scope
        var isPrivate: Bool
    }

    var module: String
    /// Below the module: "Parquet/Reading"; empty for its root.
    var folder: String
    var name: String
    var tokens: [SourceToken]
    private(set) var declarations: [Declaration] = []
    /// Names of generic parameters and associated types, and of types inside functions: they hide a type of the same name.
    private(set) var hiding: Set<String> = []
    /// Types whose members stand here without their type's name before them: those declared and those extended.
    private(set) var inside: Set<String> = []

    init(module: String, folder: String, name: String, text: String) {
        (self.module, self.folder, self.name) = (module, folder, name)
        tokens = SourceLexer.tokens(of: text)
        readDeclarations()
    }

    private static let typeWords: Set = ["struct", "class", "enum", "protocol", "actor", "typealias", "extension"]
    private static let memberWords: Set = ["func", "var", "let", "case", "associatedtype"]
    private static let modifiers: Set = [
        "private", "fileprivate", "internal", "package", "public", "open", "static", "class", "final", "mutating", "nonmutating", "override", "indirect",
        "lazy", "weak", "unowned", "borrowing", "consuming", "nonisolated", "convenience", "required", "inlinable", "inline", "specialized", "discardableResult",
        "unchecked", "usableFromInline", "unsafe", "dynamic", "optional", "prefix", "postfix", "infix", "set",
    ]

    private mutating func readDeclarations() {
        /// nil: braces of a body, in which nothing can be named from outside.
        var scopes: [Declaration.Scope?] = []
        var pending: Declaration.Scope?
        var parentheses = 0
        for (place, token) in tokens.enumerated() {
            if !token.isWord {
                switch token.text {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{":
                    scopes.append(parentheses == 0 ? pending : nil)
                    if parentheses == 0 { pending = nil }
                case "}": if !scopes.isEmpty { scopes.removeLast() }
                default: break
                }
                continue
            }
            guard isDeclarationWord(at: place), let name = declaredName(after: place) else { continue }
            hideGenericParameters(after: place + 1)
            let scope = scopes.isEmpty ? Declaration.Scope.file : scopes[scopes.count - 1]
            if token.text == "extension" {
                pending = .extension(name)
                inside.insert(name)
                continue
            }
            let isType = Self.typeWords.contains(token.text)
            if isType, token.text != "typealias" {
                pending = scope == nil ? nil : .type(name)
                inside.insert(name)
            } else if token.text == "func" {
                pending = nil
            }
            guard let scope, token.text != "associatedtype" else {
                if isType || token.text == "associatedtype" { hiding.insert(name) }
                continue
            }
            let kind: Declaration.Kind = isType ? .type : token.text == "func" ? .function : .variable
            for name in [name] + (token.text == "case" ? furtherCases(after: place) : []) {
                declarations.append(Declaration(name: name, kind: kind, scope: scope, isPrivate: isPrivate(at: place)))
            }
        }
    }

    private func isDeclarationWord(at place: Int) -> Bool {
        let text = tokens[place].text
        guard Self.typeWords.contains(text) || Self.memberWords.contains(text) else { return false }
        if place > 0, [".", "(", "["].contains(tokens[place - 1].text) { return false }
        // `class func`, `where T: class`.
        return place + 1 < tokens.count && tokens[place + 1].isWord && !Self.memberWords.contains(tokens[place + 1].text)
    }

    /// The word after `struct`, or `B` of `extension A.B`: `B`'s members are named without `A`.
    private func declaredName(after place: Int) -> String? {
        var next = place + 1
        if tokens[place].text == "extension" {
            while next + 2 < tokens.count, tokens[next + 1].text == ".", tokens[next + 2].isWord { next += 2 }
        }
        return tokens[next].text
    }

    /// `b` and `c` of `case a, b(Int), c = 1`.
    private func furtherCases(after place: Int) -> [String] {
        var names: [String] = []
        var depth = 0
        for next in (place + 1)..<tokens.count {
            let text = tokens[next].text
            if text == "(" || text == "[" { depth += 1 }
            if text == ")" || text == "]" { depth -= 1 }
            if depth > 0 { continue }
            if text == "{" || text == "}" || text == "@" || Self.typeWords.contains(text) || Self.memberWords.contains(text) || Self.modifiers.contains(text) { break }
            if text == ",", next + 1 < tokens.count, tokens[next + 1].isWord { names.append(tokens[next + 1].text) }
        }
        return names
    }

    private mutating func hideGenericParameters(after place: Int) {
        guard ["func", "struct", "class", "enum", "actor", "typealias"].contains(tokens[place - 1].text), place + 1 < tokens.count, tokens[place + 1].text == "<"
        else { return }
        var next = place + 1
        while next + 1 < tokens.count, tokens[next].text == "<" || tokens[next].text == "," {
            next += 1
            if ["each", "let"].contains(tokens[next].text) { next += 1 }
            hiding.insert(tokens[next].text)
            while next < tokens.count, ![",", ">", "("].contains(tokens[next].text) { next += 1 }
        }
    }

    private func isPrivate(at place: Int) -> Bool {
        var before = place - 1
        while before >= 0 {
            let text = tokens[before].text
            if text == ")" {
                var depth = 1
                while depth > 0, before > 0 {
                    before -= 1
                    if tokens[before].text == ")" { depth += 1 }
                    if tokens[before].text == "(" { depth -= 1 }
                }
                // `private(set)` hides no name.
                before -= 2
            } else if text == "private" || text == "fileprivate" {
                return true
            } else if Self.modifiers.contains(text) || text == "@" {
                before -= 1
            } else {
                return false
            }
        }
        return false
    }
}
