package import ColumnStore

extension Path {
    /// `input` with `value` at this path, as `ResultPath` puts it: members that are not there are made, an element must be there.
    ///
    /// - Precondition: `isReference`, from `$`.
    /// - Throws: `.resultPathMatchFailure` where something stands in the way.
    package func putting(_ value: JSONValue, into input: JSONValue, _ work: inout Steps) throws(StateError) -> JSONValue {
        try put(value, at: steps[...], into: input, &work)
    }

    /// - Parameter holder: what is there now; nil where nothing is, so that an object is made.
    private func put(_ value: JSONValue, at rest: ArraySlice<Step>, into holder: JSONValue?, _ work: inout Steps) throws(StateError) -> JSONValue {
        guard let step = rest.first else { return value }
        switch step {
        case .member(let name):
            guard case .object(var members) = holder ?? .object([]) else {
                throw StateError(.resultPathMatchFailure, "\(text) wants an object where the input has \(holder?.kind ?? "nothing")")
            }
            try work.charge(members.count + 1)
            let place = members.firstIndex { $0.name.utf8.elementsEqual(name) }
            let inner = try put(value, at: rest.dropFirst(), into: place.map { members[$0].value }, &work)
            let member = JSONValue.Member(String(decoding: name, as: UTF8.self), inner)
            if let place { members[place] = member } else { members.append(member) }
            return .object(members)
        case .index(let index):
            guard case .array(var elements)? = holder, elements.indices.contains(index) else {
                throw StateError(.resultPathMatchFailure, "\(text) wants element \(index) of \(holder?.kind ?? "nothing"), which is not there")
            }
            try work.charge(elements.count)
            elements[index] = try put(value, at: rest.dropFirst(), into: elements[index], &work)
            return .array(elements)
        default:
            throw StateError(.resultPathMatchFailure, "\(text) is no place to put anything")
        }
    }
}
