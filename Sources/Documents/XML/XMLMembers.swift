internal import CXML2
internal import ColumnStore

/// An XML document as members of JSON, so that the paths of JSON types lead into it.
///
/// An element is a member of its parent, under the name that it is written with; the root element is the one member of the whole. What has
/// neither attributes nor elements is its text, or null without any; what has them is an object: `@name` for each attribute, an element's
/// members, and `#text` for text beside them. Elements of one name in one parent are an array, which those that `lists` names are even if they are alone.
/// Texts lose blanks at both ends; namespaces are as their prefixes say, comments and processing instructions are left out. This is how the Python
/// package xmltodict has it.
///
/// `<a x="1"><b>2</b><b>3</b></a>` becomes `{"a":{"@x":"1","b":["2","3"]}}`. All values are texts or null: XML does not tell numbers from texts.
///
/// For documents that stand decoded in JSON ones (`DocumentDecoding`).
struct XMLMembers {
    /// Where some paths of lists have led to: whether one ends there, and the places that names lead on to.
    private struct Place {
        var isList = false
        var next: [String: Int] = [:]
    }

    /// The paths of lists as a tree; the first place is above the root element.
    private let places: [Place]
    private let byteCountMax: Int
    /// JSON so far, in UTF-8.
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - lists: names from the root element down to elements that are arrays however many there are.
    ///   - byteCountMax: of what comes out.
    /// - Returns: nil past it.
    /// - Complexity: O(nodes), and for each element the names of its children by hash; beside that the names in `lists`.
    static func json(of document: XMLDocument, lists: Set<[String]>, byteCountMax: Int) -> [UInt8]? {
        guard let root = xmlDocGetRootElement(document.tree) else { return nil }
        var members = XMLMembers(lists: lists, byteCountMax: byteCountMax)
        members.bytes.append(UInt8(ascii: "{"))
        guard members.add([root], named: name(of: root), below: 0) else { return nil }
        members.bytes.append(UInt8(ascii: "}"))
        return members.bytes.count <= byteCountMax ? members.bytes : nil
    }

    private init(lists: Set<[String]>, byteCountMax: Int) {
        self.byteCountMax = byteCountMax
        var places = [Place()]
        for list in lists {
            var place = 0
            for name in list {
                if let known = places[place].next[name] {
                    place = known
                } else {
                    places.append(Place())
                    places[place].next[name] = places.count - 1
                    place = places.count - 1
                }
            }
            places[place].isList = true
        }
        self.places = places
    }

    /// Looked at after each member, so that what comes out is never much more than the bound.
    private var isRoom: Bool { bytes.count <= byteCountMax }

    private static func text(_ text: UnsafePointer<xmlChar>?) -> String { text.map { String(cString: $0) } ?? "" }

    /// As it is written: `prefix:name`.
    private static func name(_ name: UnsafePointer<xmlChar>?, in namespace: xmlNsPtr?) -> String {
        guard let prefix = namespace?.pointee.prefix else { return text(name) }
        return "\(text(prefix)):\(text(name))"
    }

    private static func name(of element: xmlNodePtr) -> String { name(element.pointee.name, in: element.pointee.ns) }

    /// Elements of one name, as one member.
    ///
    /// - Parameter parent: the place of what they stand in; nil where no list is below.
    /// - Returns: false past the bound. As deep as the reader lets a document be.
    private mutating func add(_ elements: [xmlNodePtr], named name: String, below parent: Int?) -> Bool {
        add(key: name)
        // Elements of one name have one path, so that a list is a list wherever its parent repeats.
        let place = parent.flatMap { places[$0].next[name] }
        let isList = elements.count > 1 || place.map { places[$0].isList } ?? false
        if isList { bytes.append(UInt8(ascii: "[")) }
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            guard add(element, at: place) else { return false }
        }
        if isList { bytes.append(UInt8(ascii: "]")) }
        return isRoom
    }

    /// One element's value: null, a text or an object.
    ///
    /// - Parameter place: its own; nil where no list is below.
    private mutating func add(_ element: xmlNodePtr, at place: Int?) -> Bool {
        var text = ""
        // Children by name, names in the order in which they first stand: JSON has one member for all of a name.
        var names: [String] = []
        var children: [String: [xmlNodePtr]] = [:]
        var child = element.pointee.children
        while let node = child {
            switch node.pointee.type {
            case XML_ELEMENT_NODE:
                let name = Self.name(of: node)
                if children[name] == nil { names.append(name) }
                children[name, default: []].append(node)
            // Pieces of text around child elements are joined, as mixed content has no place in members.
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: text += Self.text(node.pointee.content)
            default: break
            }
            child = node.pointee.next
        }
        let trimmed = Self.trimmed(text)
        guard element.pointee.properties != nil || !names.isEmpty else {
            if trimmed.isEmpty { bytes += "null".utf8 } else { add(string: trimmed) }
            return isRoom
        }
        bytes.append(UInt8(ascii: "{"))
        addAttributes(of: element)
        for name in names {
            separate()
            guard isRoom, add(children[name] ?? [], named: name, below: place) else { return false }
        }
        if !trimmed.isEmpty {
            separate()
            add(key: "#text")
            add(string: trimmed)
        }
        bytes.append(UInt8(ascii: "}"))
        return isRoom
    }

    /// Declarations of namespaces are no attributes in libxml2's tree.
    private mutating func addAttributes(of element: xmlNodePtr) {
        var attribute = element.pointee.properties
        while let found = attribute {
            separate()
            add(key: "@" + Self.name(found.pointee.name, in: found.pointee.ns))
            var value = ""
            // libxml2 has a value as one or more text nodes.
            var child = found.pointee.children
            while let node = child {
                value += Self.text(node.pointee.content)
                child = node.pointee.next
            }
            add(string: value)
            attribute = found.pointee.next
        }
    }

    /// A comma, unless the object has just begun.
    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func add(key: String) {
        add(string: key)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func add(string: String) { bytes += JSONValue.string(string).serialized }

    /// XML's blanks, not Unicode's.
    private static func trimmed(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { !ScalarText.isBlank($0) }), let last = bytes.lastIndex(where: { !ScalarText.isBlank($0) }) else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
