internal import ColumnStore

/// Variables of one registrar's or endpoint's one setting: `TILL_REGISTRARS_TAX_SECRET`. Which names there are, the file and `TILL_REGISTRARS` say: a
/// variable has no capitals, points or hyphens, so that a name cannot be read out of it.
struct EndpointVariables {
    /// The keys whose objects are not fixed.
    static let groups = ["registrars", "endpoints"]
    /// Whose digits are a number.
    private static let numbers: Set<String> = ["max_attempts", "concurrency"]

    private struct Place: Equatable {
        let group: String
        let name: String
        let key: String
        var path: String { "\(group).\(name).\(key)" }
    }

    private let places: [String: [Place]]

    /// - Parameter given: what file and variables have of each group.
    init(of given: [String: JSONValue], keys: [String]) {
        var places: [String: [Place]] = [:]
        for group in Self.groups {
            for member in given[group]?.members ?? [] {
                for key in keys { places[Self.variable(group, member.name, key), default: []].append(Place(group: group, name: member.name, key: key)) }
            }
        }
        self.places = places
    }

    var names: Set<String> { Set(places.keys) }

    private static func variable(_ group: String, _ name: String, _ key: String) -> String {
        let text = "\(group)_\(name)_\(key)".uppercased()
        return "TILL_" + String(text.unicodeScalars.map { $0 == "_" || ("A"..."Z").contains($0) || ("0"..."9").contains($0) ? Character($0) : "_" })
    }

    /// Puts what the environment has in the place of what was given.
    ///
    /// - Returns: the variable of each path that came out of one, and what is wrong with others.
    func apply(_ environment: [String: String], to given: inout [String: JSONValue]) -> (sources: [String: String], faults: [SettingError]) {
        var sources: [String: String] = [:]
        var faults: [SettingError] = []
        for (variable, places) in places.sorted(by: { $0.key < $1.key }) {
            guard let text = environment[variable], let place = places.first else { continue }
            guard places.count == 1 else {
                let paths = places.map(\.path).joined(separator: " and ")
                faults.append(SettingError(key: place.path, message: "the variable means \(paths): set them in the file", source: variable))
                continue
            }
            sources[place.path] = variable
            given[place.group] = given[place.group]?.with(place.name) { $0.with(place.key) { _ in Self.value(text, of: place.key) } }
        }
        return (sources, faults)
    }

    private static func value(_ text: String, of key: String) -> JSONValue {
        if text == "null" { return .null }
        return numbers.contains(key) && Int(text) != nil ? .number(text) : .string(text)
    }
}

extension JSONValue {
    /// The same with another member; what is no object stays as it is.
    fileprivate func with(_ name: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index] = .init(name, change(members[index].value))
        } else {
            members.append(.init(name, change(.null)))
        }
        return .object(members)
    }
}
