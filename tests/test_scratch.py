
from test_load_law import *
from random import Random
class TestX(TestAnyOrder):
    def test_files_in_any_order_make_the_same_catalogue(self): pass
    def test_all_of_them_in_any_order_make_the_same_catalogue(self, pages):
        import sys
        bad=0
        for seed in range(150):
            r=Random(seed)
            some=[pages[i] for i in r.sample(range(len(pages)), r.choice([2,3,4]))]
            other=r.sample(some,len(some))
            a,b=self.catalogue_of(some),self.catalogue_of(other)
            if a!=b:
                bad+=1
                print("SEED",seed,[(p[0],json.loads(p[1])[0].get("response_mode"),str(p[2])[:10]) for p in some],"vs",[(p[0],json.loads(p[1])[0].get("response_mode"),str(p[2])[:10]) for p in other],file=sys.stderr)
                for k in a:
                    if a[k]!=b[k]:
                        from django.apps import apps
                        x=[r for r in a[k] if r not in b[k]]; y=[r for r in b[k] if r not in a[k]]
                        print("  ",k,len(a[k]),len(b[k]),file=sys.stderr)
                        if x and y:
                            print("     ",[(i,u,v) for i,(u,v) in enumerate(zip(x[0],y[0])) if u!=v],file=sys.stderr)
                        else: print("     ",str(x)[:200],str(y)[:200],file=sys.stderr)
                if bad>6: break
        assert not bad
