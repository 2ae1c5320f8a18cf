/// Small documents, types, schemas and paths from which the doors of documents begin.
enum DocumentSeeds {
    static let json: [[UInt8]] = [
        #"{"schema":"pos/1","id":"R-1","store":{"id":"S17","till":"3"},"issued_at":"2026-11-20T14:03:07+02:00","currency":"UAH","lines":[{"code":"1","name":"Хліб","qty":2,"price":32.50,"vat":20,"amount":65.00}],"total":65.00,"tax_total":10.83,"payment":{"type":"card"}}"#,
        #"[{"schema":"pos/1","id":"R-2","issued_at":"2026-11-20T14:03:07Z","lines":[],"total":1e2},{"schema":"pos/1"}]"#,
        #"{"rule":1,"id":"a","at":"2026-11-18T00:00:00Z","d":"99999999999999999999999999999999999999","e":1,"t":"1 day","l":[{"x":1,"y":"z"},{"x":-0.5}]}"#,
        #"{"rule":1,"id":"b\u00e9\ud83d\ude00","at":1700000000,"d":-1e37,"e":"1e-9223372036854775808","t":"-9223372036854775808 days","l":null}"#,
        "\u{FEFF}{\"a\":[[[[1,2,[]]]]],\"b\":{\"c\":null,\"d\":true}}",
    ].map { Array($0.utf8) }

    static let xml: [[UInt8]] = [
        #"<?xml version="1.0" encoding="windows-1251"?><CHECK><CHECKHEAD><DOCTYPE>0</DOCTYPE><UID>u</UID><ORDERDATE>20112025</ORDERDATE><ORDERTIME>101010</ORDERTIME></CHECKHEAD><CHECKTOTAL><SUM>1.00</SUM></CHECKTOTAL><CHECKTAX><ROW><TYPE>0</TYPE><LETTER>A</LETTER><PRC>20</PRC></ROW></CHECKTAX><CHECKBODY><ROW><LETTERS>AB</LETTERS><COST>1</COST></ROW></CHECKBODY></CHECK>"#,
        #"<m id="1" at="2020-01-01T00:00:00Z" xmlns:o="urn:o"><n>1.5</n><n>x</n><o:n o:a="b">&lt;<![CDATA[c]]><!-- d --></o:n><?pi e?></m>"#,
        #"<a><h><v>1</v><v k="2">2</v></h><b><c s="x">p</c><c>q</c></b><b><c>r</c></b></a>"#,
    ].map { Array($0.utf8) }

    static let csv: [[UInt8]] = ["id;at;n\n1;2020-01-01T00:00:00Z;\"a \"\"b\"\"\"\r\n2;x;;\n\n\"3;\n", "id;at;n\n1;2020-01-01T00:00:00Z;\n"].map { Array($0.utf8) }

    static let csvType =
        #"{"name":"c","version":1,"table":"c","format":"csv","delimiter":";","match":{"id":{"exists":true}},"receipt_id":"id","issued_at":"at","accept_from":null,"columns":{"n":{"path":"n","type":"VARCHAR"}}}"#

    /// Numbers at the ends of their types, texts cast to whatever there is, sums of lists.
    static let ruleType =
        #"{"name":"rules","version":1,"table":"rules","format":"json","match":{"/rule":1},"receipt_id":"/id","issued_at":{"path":"/at"},"accept_from":null,"schema":{"properties":{"t":{"type":"string","pattern":"^[-0-9a-z ]*$"},"l":{"uniqueItems":true}}},"columns":{"d":{"path":"/d","type":"DECIMAL(38,0)"},"e":{"path":"/e","type":"DECIMAL(38,20)"},"t":{"path":"/t","type":"VARCHAR"},"l":{"path":"/l","columns":{"x":{"path":"/x","type":"DECIMAL(38,2)"},"y":{"path":"/y","type":"VARCHAR"},"z":{"expression":"x * 2 - d","type":"DECIMAL(38,2)"}}},"s":{"expression":"d + d","type":"DECIMAL(38,0)"}},"rules":[{"name":"sums","check":"abs(d) + list_sum(l.x) >= -d","message":"m"},{"name":"spans","check":"t::interval >= '1 day'::interval","message":"m"},{"name":"casts","check":"t::decimal(38,2) > 0 or upper(t) like '%DAY%'","message":"m"}]}"#

    static let xsdType =
        #"{"name":"x","version":1,"table":"x","format":"xml","match":{"/m":{"exists":true}},"xsd":"m.xsd","receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"n":{"path":"n","type":"VARCHAR"}}}"#

    static let xpathType =
        #"{"name":"p","version":1,"table":"p","format":"xml","match":{"/a":{"exists":true}},"receipt_id":"//v","issued_at":"//@at","accept_from":null,"columns":{"n":{"path":%,"type":"VARCHAR"},"l":{"path":"//c","columns":{"n":{"path":%,"type":"VARCHAR"}}}}}"#

    private static let xsdHead = #"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">"#

    static let patternXSD =
        xsdHead
        + #"<xs:element name="m"><xs:complexType><xs:sequence><xs:element name="n"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="%"/></xs:restriction></xs:simpleType></xs:element></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element></xs:schema>"#

    static let xsds = [
        patternXSD.replacing("%", with: "[0-9]{1,4}(,[0-9]*)?"),
        xsdHead
            + #"<xs:group name="g"><xs:choice><xs:element name="n" type="T"/><xs:any processContents="lax"/></xs:choice></xs:group><xs:simpleType name="T"><xs:restriction base="xs:decimal"><xs:enumeration value="1.5"/><xs:enumeration value="2"/><xs:maxInclusive value="9"/></xs:restriction></xs:simpleType><xs:complexType name="B"><xs:group ref="g" maxOccurs="unbounded"/></xs:complexType><xs:complexType name="E"><xs:complexContent><xs:extension base="B"><xs:sequence/><xs:anyAttribute/></xs:extension></xs:complexContent></xs:complexType><xs:element name="m" type="E"><xs:unique name="u"><xs:selector xpath="n"/><xs:field xpath="."/></xs:unique></xs:element></xs:schema>"#,
    ]

    static let patterns = ["(a|aa|aaa)*b", "[^,]+(,[^,]+)*", #"\d{4}-\p{L}[A-Z-[XY]]{2,3}"#, "(.{1,9}){2}|x", "^a$"]

    static let xpaths = [
        "../../h/v[@k='2']", "self::c[contains(.,'p')]/../../h/v", "/a/b[1]/c | //v", "count(preceding::*)", "*[local-name()='c']", "concat(@s, 'x', ../@k)",
        "string-length(normalize-space(/a)) div 2", "..//c[position() < last()]",
    ]

    static let schemas = [
        ##"{"type":"object","required":["a"],"properties":{"a":{"enum":[1,"b",null,[1],{"c":2}]},"d":{"$ref":"#/$defs/e"}},"$defs":{"e":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/e"}},{"type":"number","multipleOf":0.01}]}},"unevaluatedProperties":false}"##,
        #"{"patternProperties":{"^x-":{"minLength":2}},"propertyNames":{"maxLength":9},"dependentRequired":{"a":["b"]},"if":{"required":["a"]},"then":{"minProperties":2},"else":{"not":{"required":["z"]}}}"#,
        #"{"uniqueItems":true,"contains":{"const":1},"minContains":1,"prefixItems":[{"format":"date-time"}],"unevaluatedItems":{"pattern":"^a+$"}}"#,
    ]

    static let values = [
        #"{"a":1,"d":[[1.25,[]],0.005]}"#, #"{"x-a":"b","a":[1],"b":{"c":2}}"#, #"[1,"2020-01-01T00:00:00Z",1,"aaa",{"a":[]}]"#, "1e400", #""x""#, "null",
    ]
}
