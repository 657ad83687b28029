package api_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"policykb/api"
)

// pdfOf makes a PDF of pages of lines, in a font that is not embedded, as many PDFs
// of offices have it.
func pdfOf(pages ...[]string) string {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "",
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /W [1 95 500] /FontDescriptor 5 0 R >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
	}
	var kids strings.Builder
	for _, lines := range pages {
		content := "BT /F1 14 Tf 28 TL 70 740 Td"
		for _, line := range lines {
			content += " <"
			for _, unit := range utf16.Encode([]rune(line)) {
				content += fmt.Sprintf("%04X", unit)
			}
			content += "> Tj T*"
		}
		content += " ET"
		n := len(objects) + 1
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", n+1),
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content))
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(pages), kids.String())
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\x80\x80\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.String()
}

// vouchers is a policy of two pages that came in as a PDF.
func vouchers() file {
	return file{"算力券办法.pdf", pdfOf(
		[]string{"成都市算力券管理办法", "第一条 为支持中小企业租用智能算力，制定本办法。", "第二条 本办法由市科技主管部门会同市财政部门组织实施。"},
		[]string{"第三条 算力券按年度发放，每家企业每年最高支持80万元，", "按合同金额的百分之二十给予补贴。", "第四条 本办法自2024年7月1日起施行，有效期3年。"},
	)}
}

// The place of a citation is seen on the page of the PDF that it was read from.
func TestPages(t *testing.T) {
	t.Parallel()
	h := empty(t)
	response, err := h.upload("POST", "/v1/documents?wait=true", map[string]string{"city": "成都"}, vouchers())
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1/documents/" + read[api.JobList](t, response, http.StatusAccepted).Jobs[0].DocumentID
	answer := read[api.Answer](t, h.send(t, "POST", "/v1/ask", question("成都的算力券每家企业每年最高支持多少？")), http.StatusOK)
	if !answer.Answered || answer.Citations[0].Page == nil || *answer.Citations[0].Page != 2 {
		t.Fatalf("got %+v", answer)
	}
	c := answer.Citations[0]
	at := fmt.Sprintf("%s/pages/%d?start=%d&end=%d&version=%d", path, *c.Page, c.Start, c.End, c.Version)
	view := read[api.PageView](t, h.send(t, "GET", at, ""), http.StatusOK)
	if view.Page != 2 || view.Pages != 2 || view.Width != 595 || view.Height != 842 || len(view.Marks) == 0 {
		t.Fatalf("got %+v", view)
	}
	// The first line of the page has its base 740 points above the lower edge.
	if m := view.Marks[0]; m.Left < 69 || m.Top < 842-740-20 || m.Top+m.Height > 842-740+10 {
		t.Errorf("%q is marked at %+v", c.Quote, m)
	}

	response = h.send(t, "GET", view.Image, "")
	tag := response.Header.Get("ETag")
	picture := text(t, response, http.StatusOK)
	size, err := png.DecodeConfig(strings.NewReader(picture))
	if err != nil || size.Width != 1200 || response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is %v, %v: %s", size, err, response.Header)
	}
	small, err := png.DecodeConfig(strings.NewReader(text(t, h.send(t, "GET", path+"/pages/1/image?width=300", ""), http.StatusOK)))
	if err != nil || small.Width != 300 {
		t.Errorf("the small picture is %v, %v", small, err)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", h.url+view.Image, nil)
	r.Header.Set("If-None-Match", tag)
	if response, err = h.client.Do(r); err != nil {
		t.Fatal(err)
	}
	if again := text(t, response, http.StatusNotModified); tag == "" || again != "" {
		t.Errorf("the picture that the client has, %s, is sent again", tag)
	}

	plain := "/v1/documents/" + addNotice(t, h, nil).DocumentID
	for _, c := range []struct {
		path   string
		status int
		says   string
	}{
		{path + "/pages/3", 404, "the PDF has 2"},
		{path + "/pages/3/image", 404, "the PDF has 2"},
		{plain + "/pages/1", 404, "no PDF"},
		{plain + "/pages/1/image", 404, "no PDF"},
		{path + "/pages/1?version=9", 404, ""},
		{path + "/pages/1/image?version=9", 404, ""},
		{"/v1/documents/none/pages/1", 404, ""},
		{path + "/pages/0", 400, "page"},
		{path + "/pages/1e9/image", 400, "page"},
		{path + "/pages/-1", 400, "page"},
		{path + "/pages/1/image?width=100000", 400, "width"},
		{path + "/pages/1?start=5&end=4", 400, "end"},
		{path + "/pages/1?start=0&end=99999", 400, "end"},
		{path + "/pages/1?start=-1&end=4", 400, "start"},
	} {
		problem := read[api.Problem](t, h.send(t, "GET", c.path, ""), c.status)
		if !strings.Contains(problem.Detail, c.says) {
			t.Errorf("%s: %s", c.path, problem.Detail)
		}
	}

	// What a PDF does to whom draws it is its own matter.
	broken := []byte(vouchers().text)
	copy(broken[bytes.Index(broken, []byte("/F1 14 Tf")):], "/F9 q q q")
	if response, err = h.upload("POST", "/v1/documents?wait=true", nil, file{"坏.pdf", string(broken)}); err != nil {
		t.Fatal(err)
	}
	job := read[api.JobList](t, response, http.StatusAccepted).Jobs[0]
	if job.State == api.JobStateDone {
		response = h.send(t, "GET", "/v1/documents/"+job.DocumentID+"/pages/1/image", "")
		response.Body.Close()
		if response.StatusCode >= 500 {
			t.Errorf("a broken page gives %s", response.Status)
		}
	}
	text(t, h.send(t, "GET", view.Image, ""), http.StatusOK)
}
