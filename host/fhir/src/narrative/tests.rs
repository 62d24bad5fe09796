//! What a narrative may hold and what not, one row on each side of each rule.

use super::problem;

#[test]
fn narratives_by_case() {
    let rows = r##"
        <p>Words</p> =>
        <p>1 &lt; 2 &amp; &nbsp;&#160;&#xA0;</p> =>
        <!-- seen --><b>x</b> =>
        <!-- a -- b --><b>x</b> => a comment holds
        <p>a & b</p> => write `&` as
        <p>1 < 2</p> => a name is missing
        <p>x => `</div>` closes an element
        <p>x</b> => `</b>` closes an element
        <br/>x =>
        <br>x => `</div>` closes
          => a narrative needs words
        <img src="#i" alt="x"/> =>
        <img src="data:image/png;base64,AAAA"/> =>
        <img src="data:image/svg+xml;base64,AAAA"/> => an image of a narrative is contained
        <img src="http://evil.example/x.png"/> => an image of a narrative is contained
        <img src="//evil.example/x.png"/> => an image of a narrative is contained
        <img src="x.png" onerror="x()"/> => the attribute `onerror` of `img`
        <a href="https://nhs.uk">x</a> =>
        <a href="#part">x</a> =>
        <a href="Patient/1?x=a:b">x</a> =>
        <a href="javascript:x()">x</a> => a link of a narrative leads to
        <a href=" java&#115;cript&#58;x()">x</a> => a link of a narrative leads to
        <a href="java&Tab;script&colon;x()">x</a> => a link of a narrative leads to
        <a href="data:text/html,x">x</a> => a link of a narrative leads to
        <a href="vbscript:x">x</a> => a link of a narrative leads to
        <script>x()</script> => the element `script` is not allowed
        <SCRIPT>x()</SCRIPT> => the element `SCRIPT` is not allowed
        <x:script>x()</x:script> => the element `x:script` is not allowed
        <svg><p>x</p></svg> => the element `svg` is not allowed
        <iframe src="x"/> => the element `iframe` is not allowed
        <object>x</object> => the element `object` is not allowed
        <form>x</form> => the element `form` is not allowed
        <style>p{}</style> => the element `style` is not allowed
        <link href="x"/> => the element `link` is not allowed
        <base href="x"/> => the element `base` is not allowed
        <p style="color: red">x</p> =>
        <p style="background: url(http://x)">x</p> => a style that fetches
        <p style="background: u\72l(http://x)">x</p> => a style that fetches
        <p style="width: expression(x)">x</p> => a style that fetches
        <p onclick="x()">x</p> => the attribute `onclick`
        <p class="a" class="b">x</p> => `class` is given twice
        <p class=a>x</p> => `'` is missing
        <p xmlns="urn:x">x</p> => the namespace of a narrative
        <p xmlns:x="urn:x">x</p> => the attribute `xmlns:x`
        <![CDATA[x]]> => declarations, CDATA
        <!DOCTYPE html> => declarations, CDATA
        <?php x ?> => declarations, CDATA
        <table border="1"><tr><td colspan="2">x</td></tr></table> =>
        <td href="x">x</td> => the attribute `href` of `td`
        <ul><li>x</li></ul> =>
    "##;
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (inner, expected) = row.split_once("=>").unwrap_or((row, ""));
        let text = format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>",
            inner.trim()
        );
        check(&text, expected.trim());
    }
}

fn check(text: &str, expected: &str) {
    let found = problem(text);
    let fits = match (&found, expected) {
        (None, "") => true,
        (Some(found), expected) => !expected.is_empty() && found.starts_with(expected),
        (None, _) => false,
    };
    assert!(fits, "{text}\n  expected: {expected}\n  found: {found:?}");
}

#[test]
fn what_stands_around_the_words() {
    for (text, expected) in [
        ("", "write one <div"),
        ("hello", "write one <div"),
        ("<div>x</div>", "write one <div"),
        (
            "<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>",
            "write one <div",
        ),
        (" <div xmlns='http://www.w3.org/1999/xhtml'>x</div> ", ""),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>y",
            "write one <div",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x</div><div/>",
            "write one <div",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'>x",
            "`<div>` is not closed",
        ),
        (
            "<div xmlns='http://www.w3.org/1999/xhtml'/>",
            "a narrative needs words",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for (levels, expected) in [(63, ""), (64, "elements lie more than 64 levels deep")] {
        let text = format!(
            "<div xmlns='http://www.w3.org/1999/xhtml'>{}x{}</div>",
            "<b>".repeat(levels),
            "</b>".repeat(levels)
        );
        check(&text, expected);
    }
    let attributes: String = (0..1000).map(|n| format!(" a{n}='x'")).collect();
    check(
        &format!("<div xmlns='http://www.w3.org/1999/xhtml'{attributes}>x</div>"),
        "`<div` is not a well-formed",
    );
    let flood = "<!--x-->".repeat(200_000);
    check(
        &format!("<div xmlns='http://www.w3.org/1999/xhtml'>{flood}x</div>"),
        "",
    );
}
