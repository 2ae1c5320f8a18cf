/// Documents inside documents: `decode`.
extension TypeFileReader {
    /// Steps of a file, codings one on another in a step, and lists that a step names.
    private static let decodeCountMax = 8
    private static let codingCountMax = 4
    private static let listCountMax = 100

    /// `[{"path": "/payload", "as": ["base64", "gzip"], "to": "/document", "lists": ["/order/line"]}]`: codings are undone from left to right.
    mutating func readDecode() {
        guard let list = tape.member("decode", of: 0) else { return }
        guard tape[list].kind == .array, Int(tape[list].childCount) <= Self.decodeCountMax else {
            return fail(list, "decode is a list of at most \(Self.decodeCountMax) steps: {\"path\", \"as\", \"to\", \"lists\"}", code: "wrong-type")
        }
        if file.format != .json { fail(list, "decode is of json types: it reads a text as a document in its place") }
        for child in tape.children(of: list) {
            guard tape[child].kind == .object else {
                fail(child, "must be an object with path, as and to", code: "wrong-type")
                continue
            }
            guard checkObject(child, known: ["path", "as", "to", "lists"]) else { continue }
            guard let path = names("path", child), let to = names("to", child), let codings = codings(child), let lists = lists(child) else { continue }
            file.decode.append(TypeFile.Decoding(path: path.text, from: path.names, codings: codings, to: to.names, lists: lists))
        }
    }

    /// Elements of XML that are lists though there may be one of them: nothing but the type can say that.
    private mutating func lists(_ node: Int) -> Set<[String]>? {
        guard let list = tape.member("lists", of: node) else { return [] }
        guard tape[list].kind == .array, Int(tape[list].childCount) <= Self.listCountMax else {
            fail(list, "lists are at most \(Self.listCountMax) paths of elements, from the root element on", code: "wrong-type")
            return nil
        }
        var lists: Set<[String]> = []
        for child in tape.children(of: list) {
            guard let path = names(at: child, "a path of lists") else { return nil }
            lists.insert(path.names)
        }
        return lists
    }

    /// A JSON Pointer to a member, through members alone.
    private mutating func names(_ member: String, _ node: Int) -> (text: String, names: [String])? {
        guard let place = tape.member(member, of: node) else {
            fail(missing: member, of: node)
            return nil
        }
        return names(at: place, member)
    }

    /// - Parameter what: for the message.
    private mutating func names(at place: Int, _ what: String) -> (text: String, names: [String])? {
        guard let text = string(place) else { return nil }
        do throws(TypeFileFault) {
            let path = try JSONPath(text)
            guard !path.tokens.isEmpty, !path.tokens.contains(where: \.isStar) else {
                fail(place, "\(what) names one member")
                return nil
            }
            return (text, path.tokens.map { String(decoding: $0.name, as: UTF8.self) })
        } catch {
            fail(place, error.message)
            return nil
        }
    }

    /// Nil, with a fault reported, where one of them is none: a step is taken whole or not at all.
    private mutating func codings(_ node: Int) -> [TypeFile.Decoding.Coding]? {
        guard let list = tape.member("as", of: node) else {
            fail(missing: "as", of: node)
            return nil
        }
        let known = TypeFile.Decoding.Coding.allCases.map(\.rawValue).joined(separator: ", ")
        guard tape[list].kind == .array, (1...Self.codingCountMax).contains(Int(tape[list].childCount)) else {
            fail(list, "as is a list of 1 to \(Self.codingCountMax) of \(known)", code: "wrong-type")
            return nil
        }
        var codings: [TypeFile.Decoding.Coding] = []
        for child in tape.children(of: list) {
            guard let text = string(child) else { return nil }
            guard let coding = TypeFile.Decoding.Coding(rawValue: text) else {
                fail(child, "one of \(known)")
                return nil
            }
            codings.append(coding)
        }
        return codings
    }
}
