import ColumnStore

/// A path as PostgreSQL writes it: names in quotes, parentheses where they say something.
extension JSONPath {
    /// A path that reads as the same path again; `lax` is not written, being what is meant without a word.
    ///
    /// Not so an operation with accessors beside a looser one: `($.a * 2).b + 1` loses its parentheses.
    var text: [UInt8] {
        var text: [UInt8] = isLax ? [] : Array("strict ".utf8)
        start.write(to: &text, isName: false, isWrapped: true)
        return text
    }
}

extension JSONPath.Node {
    /// - Parameters:
    ///   - isName: a dot stands before a member.
    ///   - isWrapped: what is made of two parts stands in parentheses.
    fileprivate func write(to text: inout [UInt8], isName: Bool, isWrapped: Bool) {
        switch item {
        case .and(let left, let right): write("&&", left, right, isWrapped, to: &text)
        case .or(let left, let right): write("||", left, right, isWrapped, to: &text)
        case .comparison(let operation, let left, let right): write(JSONPath.sign(operation), left, right, isWrapped, to: &text)
        case .arithmetic(let operation, let left, let right): write(operation.rawValue, left, right, isWrapped, to: &text)
        case .startsWith(let left, let right): write("starts with", left, right, isWrapped, to: &text)
        case .matches(let operand, let pattern):
            if isWrapped { text.append(UInt8(ascii: "(")) }
            operand.write(to: &text, isName: false, isWrapped: operand.priority <= priority)
            text += " like_regex ".utf8
            JSONString.append(pattern.text, to: &text)
            if !pattern.flags.isEmpty { text += " flag \"\(pattern.flags)\"".utf8 }
            if isWrapped { text.append(UInt8(ascii: ")")) }
        case .sign(let isNegative, let operand):
            text += ((isWrapped ? "(" : "") + (isNegative ? "-" : "+")).utf8
            operand.write(to: &text, isName: false, isWrapped: operand.priority <= priority)
            if isWrapped { text.append(UInt8(ascii: ")")) }
        case .filter(let part): write("?(", part, ")", to: &text)
        case .not(let part): write("!(", part, ")", to: &text)
        case .isUnknown(let part): write("(", part, ") is unknown", to: &text)
        case .exists(let part): write("exists (", part, ")", to: &text)
        case .elements(let places):
            text.append(UInt8(ascii: "["))
            for (index, place) in places.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                place.first.write(to: &text, isName: false, isWrapped: false)
                guard let last = place.last else { continue }
                text += " to ".utf8
                last.write(to: &text, isName: false, isWrapped: false)
            }
            text.append(UInt8(ascii: "]"))
        default: writeLeaf(isName, to: &text)
        }
        next?.write(to: &text, isName: true, isWrapped: true)
    }

    /// Operands that bind no tighter stand in parentheses.
    private func write(_ sign: String, _ left: JSONPath.Node, _ right: JSONPath.Node, _ isWrapped: Bool, to text: inout [UInt8]) {
        if isWrapped { text.append(UInt8(ascii: "(")) }
        left.write(to: &text, isName: false, isWrapped: left.priority <= priority)
        text += " \(sign) ".utf8
        right.write(to: &text, isName: false, isWrapped: right.priority <= priority)
        if isWrapped { text.append(UInt8(ascii: ")")) }
    }

    /// A part between two signs, which wrap it already.
    private func write(_ before: String, _ part: JSONPath.Node, _ behind: String, to text: inout [UInt8]) {
        text += before.utf8
        part.write(to: &text, isName: false, isWrapped: false)
        text += behind.utf8
    }

    /// What has no parts.
    private func writeLeaf(_ isName: Bool, to text: inout [UInt8]) {
        switch item {
        case .root: text.append(UInt8(ascii: "$"))
        case .current: text.append(UInt8(ascii: "@"))
        case .last: text += "last".utf8
        case .null: text += "null".utf8
        case .boolean(let truth): text += (truth ? "true" : "false").utf8
        case .number(let digits): text += next == nil ? digits : [UInt8(ascii: "(")] + digits + [UInt8(ascii: ")")]
        case .string(let characters): JSONString.append(characters, to: &text)
        case .variable(let name):
            text.append(UInt8(ascii: "$"))
            JSONString.append(name, to: &text)
        case .member(let name):
            if isName { text.append(UInt8(ascii: ".")) }
            JSONString.append(name, to: &text)
        case .anyElement: text += "[*]".utf8
        case .anyMember: text += (isName ? ".*" : "*").utf8
        case .anyDepth(let first, let last): text += ((isName ? ".**" : "**") + levels(first, last)).utf8
        case .method(let method): text += ".\(method.rawValue)()".utf8
        case .moment(let template):
            text += ".datetime(".utf8
            JSONString.append(template, to: &text)
            text.append(UInt8(ascii: ")"))
        default: break
        }
    }

    /// `{first to last}` behind `.**`; nothing for all levels.
    private func levels(_ first: Int, _ last: Int) -> String {
        func said(_ level: Int) -> String { level == JSONPath.Levels.leaf ? "last" : "\(level)" }
        if first == 0, last == JSONPath.Levels.leaf { return "" }
        return first == last ? "{\(said(first))}" : "{\(said(first)) to \(said(last))}"
    }

    /// How tightly it binds.
    private var priority: Int {
        switch item {
        case .or: 0
        case .and: 1
        case .comparison, .startsWith: 2
        case .arithmetic(.add, _, _), .arithmetic(.subtract, _, _): 3
        case .arithmetic: 4
        case .sign: 5
        default: 6
        }
    }
}
