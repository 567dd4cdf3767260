{ inDir = ./.; }
